#pragma once

#include <sys/resource.h>

namespace bench {

/// What this process has taken until now, user and system.
inline double processor_microseconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    auto const in_us = [](timeval const& t) {
        return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
    };
    return in_us(used.ru_utime) + in_us(used.ru_stime);
}

}  // namespace bench
