#include "table/internal/columnar_files.hpp"

#include <atomic>

namespace coax::table::detail {
namespace {

std::atomic<columnar_files const*> known_files{nullptr};

}  // namespace

bool is_columnar(table_format format) noexcept {
    return format == table_format::parquet || format == table_format::arrow || format == table_format::arrow_stream;
}

columnar_files const* known_columnar_files() noexcept { return known_files.load(std::memory_order_acquire); }

void set_columnar_files(columnar_files const& files) noexcept { known_files.store(&files, std::memory_order_release); }

}  // namespace coax::table::detail
