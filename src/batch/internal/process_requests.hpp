#pragma once

#include <coax/batch/process_batch.hpp>
#include <coax/chat/prompt_template.hpp>
#include <coax/provider/provider.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace coax::detail {

/// Requests of a `process_batch`, and what of them tells one from another. The plan outlives it.
class process_requests {
public:
    /// @throws coax::exception  `errc::invalid_argument`: the prompt.
    explicit process_requests(process_plan const& plan);

    [[nodiscard]] result<chat_request> make(batch_record const& record);
    /// Of such a request its messages, where all else of it is what all requests share.
    /// Errors: `errc::invalid_argument`: it is not.
    [[nodiscard]] result<std::vector<message>> make_messages(batch_record const& record);

    /// As `record_batch::sent`. @param keeps  The request is kept for the `make` that follows, or `forget`.
    [[nodiscard]] std::string sent(batch_record const& record, bool keeps);
    void forget(std::uint64_t index) { kept_.erase(index); }

    /// The parameters of all requests, as they are sent.
    [[nodiscard]] std::string parameters() const { return parameters_of(shared_); }
    /// The model of all requests that name no other.
    [[nodiscard]] std::string const& model() const noexcept;
    [[nodiscard]] provider const& service() const noexcept { return *service_; }

private:
    [[nodiscard]] bool is_as_all(chat_request request) const;
    [[nodiscard]] chat_request to_request(rendered_prompt prompt) const;
    [[nodiscard]] std::string body_of(chat_request request) const;
    [[nodiscard]] std::string parameters_of(chat_request request) const;

    process_plan const& plan_;
    chat_request const& shared_;
    std::shared_ptr<provider const> service_;
    std::optional<prompt_template> template_{};
    std::unordered_map<std::uint64_t, chat_request> kept_{};  ///< Of the records in work.
};

/// What is done with a request of a plan. The function owns what it needs. Used on one executor.
[[nodiscard]] std::function<boost::asio::awaitable<batch_output<std::string>>(chat_request)> request_work_of(
    process_plan const& plan);

/// What the answers of a plan depend on.
[[nodiscard]] run_identity run_of(process_plan const& plan, process_requests const& requests);

}  // namespace coax::detail
