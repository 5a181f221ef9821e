#include "client/secret_filter.hpp"

#include "client/internal/without_secrets.hpp"
#include "http/internal/basic_credentials.hpp"
#include "http/internal/secret_names.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace coax::detail {

namespace {

using http::detail::without_scheme;

/// Passwords and credentials in the query of an address, as they stand there and as they are meant.
void add_from_url(std::vector<secret>& secrets, std::string const& text) {
    bool const has_scheme = text.find("://") != std::string::npos;
    auto const whole = has_scheme ? text : "http://" + text;
    auto const url = boost::urls::parse_uri(whole);
    if (!url) return;
    if (url->has_password()) {
        secrets.emplace_back(url->password());
        secrets.emplace_back(std::string{url->encoded_password()});
        secrets.emplace_back(without_scheme(http::detail::basic_credentials(url->user(), url->password()).reveal()));
    }
    for (auto const parameter : url->encoded_params()) {
        if (!names_credential(parameter.key.decode())) continue;
        secrets.emplace_back(std::string{parameter.value});
        secrets.emplace_back(parameter.value.decode());
    }
}

}  // namespace

secret_filter::secret_filter(client_options const& options) {
    secrets_.push_back(options.service.api_key);
    for (auto const& [name, value] : options.service.provider.headers)
        if (names_credential(name)) secrets_.emplace_back(without_scheme(value));
    add_from_url(secrets_, options.service.provider.base_url);
    add_from_url(secrets_, options.http.https_proxy.reveal());
    std::erase_if(secrets_, [](secret const& one) { return one.empty(); });
    std::ranges::sort(secrets_, std::greater{}, [](secret const& one) { return one.reveal().size(); });
}

void secret_filter::hide(error& why, std::vector<secret> const* more) const {
    for (auto* const text : {&why.message, &why.where, &why.service_code, &why.service_message, &why.request_id}) {
        if (more != nullptr)
            for (auto const& one : *more) *text = redact(std::move(*text), one);
        hide(*text);
    }
}

void secret_filter::hide(std::string& text) const {
    for (auto const& one : secrets_) text = redact(std::move(text), one);
}

std::vector<secret> secrets_in(std::vector<request_header> const& headers) {
    std::vector<secret> secrets;
    for (auto const& [name, value] : headers)
        if (names_credential(name)) secrets.emplace_back(without_scheme(value));
    return secrets;
}

std::string without_secrets(std::string text, client_options const& options) {
    secret_filter{options}.hide(text);
    return text;
}

bool fits_header(secret const& key) noexcept {
    return std::ranges::none_of(key.reveal(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

}  // namespace coax::detail
