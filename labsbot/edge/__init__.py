"""Where the house touches the machine, and what strangers answer: files, log lines, signals, sockets, HTTP."""
