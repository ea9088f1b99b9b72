"""A licensed application in Python: the C library through ctypes.

    python3 app.py LIBRARY STATE
"""

import contextlib
import ctypes
import json
import sys
from ctypes import POINTER, Structure, byref, c_bool, c_char, c_char_p, c_int32, c_size_t, c_uint64, c_void_p

# The product, and the vendor's root as `postern root new` printed it. State of any other root is refused.
ANCHOR = "automation@sha256:bff0d2dfea4a2ac1362fc10c42c5b4e3fee4fb0556fb5339a1303942ca7da302"

OK, BUFFER = 0, 4
UNLIMITED = 2**64 - 1


class Granted(Structure):
    _fields_ = [("allowed", c_int32), ("limit", c_uint64)]


class Balance(Structure):
    _fields_ = [("used", c_uint64), ("left", c_uint64), ("left_with_overage", c_uint64)]


class Session(Structure):
    _fields_ = [("id", c_char * 65), ("until", c_uint64)]


class Refusal(Exception):
    """Why something was refused."""

    def __init__(self, code, message, advice):
        super().__init__(message)
        self.code, self.advice = code, advice


class Library:
    """The functions of libpostern. Handles are void pointers here."""

    FUNCTIONS = {
        "open": [c_char_p, c_char_p, POINTER(c_void_p)],
        "check": [c_void_p, c_char_p, POINTER(Granted)],
        "consume": [c_void_p, c_char_p, c_uint64, POINTER(Balance)],
        "begin_session": [c_void_p, c_char_p, c_char_p, c_bool, POINTER(Session)],
        "end_session": [c_void_p, c_char_p],
        "set_variable": [c_void_p, c_char_p, c_char_p],
        "get_variable": [c_void_p, c_char_p, c_char_p, c_size_t, POINTER(c_size_t)],
        "status": [c_void_p, c_char_p, c_size_t, POINTER(c_size_t)],
    }

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        if self.library.postern_abi_version() != 2:
            raise ImportError("this program knows version 2 of libpostern's interface")
        for name, arguments in self.FUNCTIONS.items():
            self._function(name, c_int32, [*arguments, POINTER(c_void_p)])
        for name in ["code", "message", "advice"]:
            self._function(f"error_{name}", c_char_p, [c_void_p])
        self._function("error_free", None, [c_void_p])
        self._function("close", None, [c_void_p])

    def _function(self, name, result, arguments):
        function = getattr(self.library, f"postern_{name}")
        function.restype, function.argtypes = result, arguments

    def call(self, name, *arguments, accept=(OK,)):
        """Calls a function; raises what it refuses."""
        error = c_void_p()
        result = getattr(self.library, f"postern_{name}")(*arguments, byref(error))
        told = [getattr(self.library, f"postern_error_{part}")(error) for part in ("code", "message", "advice")]
        told = [text.decode() if text is not None else "" for text in told]
        self.library.postern_error_free(error)
        if result not in accept:
            raise Refusal(*told)
        return result


class Verifier:
    """An open state directory."""

    def __init__(self, library, directory, anchor):
        self.library, self.handle = library, c_void_p()
        library.call("open", directory.encode(), anchor.encode(), byref(self.handle))

    def close(self):
        self.library.library.postern_close(self.handle)
        self.handle = c_void_p()

    def check(self, feature):
        granted = Granted()
        self.library.call("check", self.handle, feature.encode(), byref(granted))
        return granted

    def consume(self, counter, units):
        balance = Balance()
        self.library.call("consume", self.handle, counter.encode(), units, byref(balance))
        return balance

    @contextlib.contextmanager
    def session(self, seat_type, user):
        session = Session()
        self.library.call("begin_session", self.handle, seat_type.encode(), user.encode(), False, byref(session))
        try:
            yield session
        finally:
            self.library.call("end_session", self.handle, session.id)

    def set_variable(self, name, value):
        self.library.call("set_variable", self.handle, name.encode(), value.encode())

    def variable(self, name):
        return self._text("get_variable", name.encode())

    def status(self):
        return json.loads(self._text("status"))

    def _text(self, function, *arguments):
        length = c_size_t()
        text = None
        accept = (OK, BUFFER)
        while self.library.call(function, self.handle, *arguments, text, length, byref(length), accept=accept) == BUFFER:
            text = ctypes.create_string_buffer(length.value)
        return text.value.decode()


def main(library, directory):
    verifier = Verifier(Library(library), directory, ANCHOR)
    with contextlib.closing(verifier):
        tasks = verifier.check("api-tasks").limit
        with verifier.session("bot-runner", "nightly run"):
            balance = verifier.consume("pages", 12)
        verifier.set_variable("line", "7")
        line = verifier.variable("line")
        print(f"{tasks} tasks at once, {balance.left} pages left on line {line}, {verifier.status()['health']}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Refusal as refusal:
        sys.exit(f"{refusal}\n{refusal.advice}\n({refusal.code})")
