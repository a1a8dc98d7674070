"""Where the house touches the machine and what strangers answer: files, log lines, signals, the way to a bot, answers."""
