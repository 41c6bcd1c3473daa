"""How a command ends: exit codes for scripts, messages for people."""

from enum import IntEnum

from skybatch.errors import Invalid, NotFound, SkybatchError
from skybatch.model.wording import some


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0  # complete; or pending or running, when that was only asked
    ERROR = 1
    USAGE = 2
    PARTIAL = 3
    FAILED = 4  # or cancelled
    NOT_FOUND = 5
    AUTH = 6
    UNREACHABLE = 7
    TIMED_OUT = 124
    INTERRUPTED = 130


class CommandError(SkybatchError):
    """The command ends with a message and an exit code."""

    code = "command_failed"

    def __init__(self, message: str, exit_code: Exit = Exit.ERROR) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def exit_of(status: str) -> Exit:
    """The exit code that tells the state of a batch or of a domain."""
    match status:
        case "partial":
            return Exit.PARTIAL
        case "failed" | "cancelled":
            return Exit.FAILED
        case _:
            return Exit.OK


def explained(error: SkybatchError) -> CommandError:
    """The message and the exit code of any error; every fault stands on a line of its own."""
    match error:
        case CommandError():
            return error
        case Invalid():
            lines = [f"  {fault.pointer}: {fault.detail}" for fault in error.faults]
            return CommandError("\n".join([some(len(lines), "fault") + ":", *lines]), Exit.USAGE)
        case NotFound():
            return CommandError(str(error), Exit.NOT_FOUND)
        case _:
            return CommandError(str(error))
