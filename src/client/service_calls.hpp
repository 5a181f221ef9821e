#pragma once

#include "client/client_impl.hpp"

#include <coax/provider/model_info.hpp>

#include <memory>
#include <vector>

namespace coax::detail {

struct model_listing {
    std::vector<model_info> models{};
    bool authoritative{false};  ///< See `model_page`.
};

/// The models that the service lists, `pages` pages of its list at most.
/// @param retried  Failed requests are sent again, as the client's options say.
[[nodiscard]] asio::awaitable<result<model_listing>> list_models(std::shared_ptr<client::impl> self, shard& at,
                                                                 call_scope scope, int pages, bool retried);

}  // namespace coax::detail
