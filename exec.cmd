@rem For npm on Windows: scripts in package.json begin with exec, so that signals reach the program and not a shell before it, and cmd.exe has no exec.
@%*
