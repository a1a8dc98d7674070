"""What somebody does who means harm: an editor of the wiki, a speaker, a server, a neighbour on the machine."""
