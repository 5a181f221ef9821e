#pragma once

namespace coax::cli {

/// Exit codes of the program.
enum exit_code : int {
    all_ok = 0,
    some_failed = 1,      ///< Records failed or were left, or the one call failed.
    bad_usage = 2,        ///< Flags, files, prompt or schema are wrong. Nothing was sent.
    could_not_go_on = 3,  ///< No key, no connection, an untrusted certificate, no credit, a full disk.
    interrupted = 130,    ///< By a signal; what was in flight is written.
};

/// For the help texts.
inline constexpr char exit_code_help[] =
    "Exit codes:\n"
    "  0    all went well\n"
    "  1    some records failed (their lines say why), or were left for --resume\n"
    "  2    wrong flags or input: nothing was sent, nothing was written\n"
    "  3    could not start or go on: key, connection, certificate, credit, disk\n"
    "  130  interrupted: what was in flight is written; a second Ctrl-C aborts\n";

}  // namespace coax::cli
