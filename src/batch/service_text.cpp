#include "batch/internal/service_text.hpp"

#include <coax/bind/write.hpp>
#include <coax/provider/service_profile.hpp>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace coax::detail {

namespace {

/// What of a service of the user's own decides which requests it gets: its name alone says little.
std::string profile_text(service_profile profile) {
    profile.base_url.clear();
    profile.key_variable.clear();
    profile.key_header.clear();
    std::ranges::sort(profile.members);
    return json::write(profile);
}

}  // namespace

std::string service_text(provider_options const& options) {
    auto text = (options.profile ? profile_text(*options.profile) : options.service) + ' ' + options.deployment;
    auto const url = boost::urls::parse_uri(options.base_url);
    if (!url) return text;
    std::string path{url->encoded_path()};
    while (path.ends_with('/')) path.pop_back();
    return text.append(" ").append(url->encoded_host()).append(path);
}

}  // namespace coax::detail
