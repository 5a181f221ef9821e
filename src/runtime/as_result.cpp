#include <coax/runtime/as_result.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

namespace coax {
namespace {

namespace net = boost::asio::error;

struct network_fact {
    boost::system::error_code cause;
    errc code;
};

/// What the network's own codes mean to a caller. All not named here: `errc::internal`.
std::array<network_fact, 16> const& network_facts() {
    static std::array<network_fact, 16> const facts{{
        {net::operation_aborted, errc::cancelled},
        {net::timed_out, errc::timeout},
        {net::connection_refused, errc::connect_failed},
        {net::host_unreachable, errc::connect_failed},
        {net::network_unreachable, errc::connect_failed},
        {net::host_not_found, errc::connect_failed},
        {net::host_not_found_try_again, errc::connect_failed},
        {net::no_data, errc::connect_failed},
        {net::service_not_found, errc::connect_failed},
        {net::eof, errc::connection_lost},
        {net::connection_reset, errc::connection_lost},
        {net::connection_aborted, errc::connection_lost},
        {net::broken_pipe, errc::connection_lost},
        {net::not_connected, errc::connection_lost},
        {net::network_down, errc::connection_lost},
        {net::network_reset, errc::connection_lost},
    }};
    return facts;
}

errc code_of(boost::system::error_code cause) {
    if (cause.category() == coax_category()) return static_cast<errc>(cause.value());
    auto const& facts = network_facts();
    auto const* const fact = std::ranges::find(facts, cause, &network_fact::cause);
    if (fact != facts.end()) return fact->code;
    std::string_view const category{cause.category().name()};
    if (category == "asio.ssl.stream") return errc::connection_lost;  // the peer left without saying so
    if (category == "asio.ssl") return errc::tls_failed;
    return errc::internal;
}

/// The std categories of the operating system become Boost's, in which Asio names its codes.
boost::system::error_code as_boost(std::error_code cause) {
    bool const of_system = cause.category() == std::generic_category() || cause.category() == std::system_category();
    if (!of_system) return cause;
    return {cause.value(), boost::system::system_category()};
}

error from_code(boost::system::error_code cause, char const* what) {
    return {.code = code_of(cause), .message = what, .cause = cause};
}

}  // namespace

error to_error(std::exception_ptr const& failure) {
    if (!failure) return {.code = errc::internal, .message = "no exception to translate"};
    try {
        std::rethrow_exception(failure);
    } catch (exception const& ours) {
        return ours.why();
    } catch (boost::system::system_error const& foreign) {
        return from_code(foreign.code(), foreign.what());
    } catch (std::system_error const& foreign) {
        return from_code(as_boost(foreign.code()), foreign.what());
    } catch (std::exception const& foreign) {
        return {.code = errc::internal, .message = foreign.what()};
    } catch (...) {
        return {.code = errc::internal, .message = "an exception that is no std::exception"};
    }
}

}  // namespace coax
