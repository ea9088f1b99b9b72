// An application's own SQLite, of another kind: whoever calls this one instead of theirs ends here.

#include <stdlib.h>

#define MINE(name)                                                                                                     \
    void name(void);                                                                                                   \
    void name(void) { abort(); }

MINE(sqlite3_open)
MINE(sqlite3_open_v2)
MINE(sqlite3_close)
MINE(sqlite3_close_v2)
MINE(sqlite3_exec)
MINE(sqlite3_prepare_v2)
MINE(sqlite3_prepare_v3)
MINE(sqlite3_step)
MINE(sqlite3_finalize)
MINE(sqlite3_initialize)
MINE(sqlite3_busy_timeout)
MINE(sqlite3_extended_result_codes)
MINE(rust_eh_personality)
