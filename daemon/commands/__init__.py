"""One module a command of `tillbox`, each with `run(arguments) -> exit code`. What they say on standard output is for people."""
