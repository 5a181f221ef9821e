#include "mcp/session_core.hpp"
#include "mcp/tool_names.hpp"

#include <utility>

namespace coax::mcp {
namespace {

using core_pointer = std::shared_ptr<detail::session_core>;

/// What a tool returned, for the model.
tool_output for_model(tool_result returned) {
    tool_output made{.text = std::move(returned.text), .failed = returned.failed};
    for (auto& image : returned.images) made.parts.emplace_back(std::move(image));
    return made;
}

/// @param self  Kept, since the tool may outlive the session.
asio::awaitable<result<tool_output>> call_for_model(core_pointer self, std::string name, std::string arguments) {
    auto returned = co_await self->here(self->call(std::move(name), std::move(arguments)));
    if (!returned) co_return std::move(returned).error();
    co_return for_model(*std::move(returned));
}

}  // namespace

session::session(asio::any_io_executor executor, session_options options) {
    value_or_throw(validate(options));
    impl_ = std::make_shared<detail::session_core>(std::move(executor), std::move(options));
}

asio::awaitable<server_info> session::connect() {
    core_pointer const self{impl_};
    co_return value_or_throw(co_await self->here(self->connect()));
}

asio::awaitable<tool_list> session::tools() {
    core_pointer const self{impl_};
    auto const list = value_or_throw(co_await self->here(self->list()));
    tool_list made{.left_out = list->left_out()};
    for (auto const& each : list->tools()) made.tools.push_back(each.described);
    co_return made;
}

asio::awaitable<tool_result> session::call(std::string name, std::string arguments) {
    core_pointer const self{impl_};
    co_return value_or_throw(co_await self->here(self->call(std::move(name), std::move(arguments))));
}

asio::awaitable<toolbox> session::add_to(toolbox box) {
    core_pointer const self{impl_};
    auto const list = value_or_throw(co_await self->here(self->list()));
    auto const& options = self->options();
    for (auto const& each : list->tools()) {
        auto const& told = each.described;
        toolbox::entry entry{.name = detail::service_name(options.name, told.name, box),
                             .description = told.description.empty() ? told.title : told.description};
        entry.parameters = [schema = each.input](schema_dialect dialect) { return schema.for_dialect(dialect); };
        entry.call = [self, name = told.name](std::string arguments) {
            return call_for_model(self, name, std::move(arguments));
        };
        entry.options = {.timeout = options.start_timeout + options.call_timeout, .strict = false};
        box.add(std::move(entry));
    }
    co_return box;
}

asio::awaitable<void> session::close() {
    core_pointer const self{impl_};
    co_await self->here(self->close());
}

std::size_t session::starts() const noexcept { return impl_->starts(); }

}  // namespace coax::mcp
