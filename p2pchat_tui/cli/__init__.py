"""The command line: arguments, composition and the commands without a screen."""
