#pragma once

#include "sim/file_api.hpp"
#include "sim/latest_entries.hpp"
#include "sim/service_api.hpp"

#include <string>
#include <string_view>

namespace coax::sim::detail {

/// The files that the service keeps, and what is asked of them.
class file_service {
public:
    /// Answers a request to one of the endpoints of files.
    [[nodiscard]] response handle(request_view const& request, request_context const& context);

    /// Null: there is none, or not any more.
    [[nodiscard]] stored_file const* find(std::string_view id, moment now);
    /// Keeps a file that the service has made.
    void put(stored_file file);

private:
    /// A resumable upload: the bytes so far.
    struct upload {
        stored_file file{};
        std::size_t whole{0};  ///< As announced.
    };

    [[nodiscard]] response add(request_view const& request, request_context const& context);
    [[nodiscard]] response keep(stored_file file, request_context const& context);
    [[nodiscard]] response list(request_context const& context);
    [[nodiscard]] response begin_upload(request_view const& request, request_context const& context);
    [[nodiscard]] response add_bytes(request_view const& request, request_context const& context);

    latest_entries<stored_file> files_{};
    latest_entries<upload> uploads_{};
};

}  // namespace coax::sim::detail
