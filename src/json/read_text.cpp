#include "reader.hpp"

namespace coax::json::detail {

result<void> read_text(std::string_view text, plan const& type, void* into, read_options const& options) {
    return reader{text, options}.read_document(type, into);
}

}  // namespace coax::json::detail
