// Stands before glibc's allocator and counts: Asio takes frames past operator new.

#include "allocations.hpp"

#include <algorithm>
#include <malloc.h>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);
}

namespace {

constinit coax::bench::heap_use counted{};  // the benchmarks that ask run on one thread

void* count_in(void* memory) {
    if (memory == nullptr) return nullptr;
    ++counted.allocations;
    counted.live_bytes += malloc_usable_size(memory);
    counted.peak_bytes = std::max(counted.peak_bytes, counted.live_bytes);
    return memory;
}

void count_out(void* memory) {
    if (memory != nullptr) counted.live_bytes -= malloc_usable_size(memory);
}

}  // namespace

namespace coax::bench {

heap_use heap() noexcept { return counted; }
void reset_peak() noexcept { counted.peak_bytes = counted.live_bytes; }

}  // namespace coax::bench

extern "C" {

void* malloc(std::size_t size) { return count_in(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) { return count_in(__libc_calloc(count, size)); }
void* realloc(void* memory, std::size_t size) {
    count_out(memory);
    return count_in(__libc_realloc(memory, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) { return count_in(__libc_memalign(alignment, size)); }
void free(void* memory) {
    count_out(memory);
    __libc_free(memory);
}

}  // extern "C"
