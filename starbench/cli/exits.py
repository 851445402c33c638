"""Exit codes, the same for every command."""

DONE = 0
#: Finished or stopped with errors left in the journal; the same command resumes it.
INCOMPLETE = 1
#: A suite that is not what it says, or an adapter that breaks the contract.
FAILED = 1
#: One sentence says what and how to fix it.
BAD_INPUT = 2
INTERRUPTED = 130
