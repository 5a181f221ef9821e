#pragma once

// The durations, clocks and time points of std::chrono, without its calendars and time zones where the standard library
// keeps them apart: libstdc++'s <chrono> brings <sstream> along, and costs a user's file a tenth of what Asio does.
#if __has_include(<bits/chrono.h>)
#include <bits/chrono.h>
#else
#include <chrono>
#endif
