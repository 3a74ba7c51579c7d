#include <sluice/topology_client.hpp>

#include "config/endpoint.hpp"
#include "net/topology_link.hpp"
#include "replication/topology_route.hpp"

#include <sluice/configure.hpp>

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

namespace sluice {

namespace detail {

class topology_core {
public:
  ~topology_core() { caf::anon_send_exit(link, caf::exit_reason::user_shutdown); }

  caf::actor_system* system = nullptr;
  std::string region;
  net::topology_link_actor link;
  std::shared_ptr<net::topology_cell> cell = std::make_shared<net::topology_cell>();
  std::atomic<std::uint64_t> turns{0};
};

} // namespace detail

namespace {

/// The link answers at the deadline itself.
constexpr std::chrono::milliseconds answer_slack{1000};

caf::expected<routed_node> find(const replication::routed_to& to,
                                const net::learned_topology& known) {
  if (!to.is_primary)
    if (auto where = config::parse_endpoint(to.endpoint))
      return routed_node{to.id, {where->host, where->port}, false};
  if (known.primary.port == 0)
    return make_error(errc::unreachable, "primary " + known.what.primary.id
                                             + " does not say where it is reached: it needs "
                                               "--advertise");
  return routed_node{known.what.primary.id, known.primary, true};
}

caf::error nothing_known() {
  return make_error(errc::unreachable, "no node has told who is in the cluster yet");
}

caf::expected<routed_node> find_reader(detail::topology_core& core,
                                       const replication::read_need& need) {
  auto known = core.cell->load();
  if (!known)
    return nothing_known();
  replication::read_caller caller{core.region, core.system->clock().now() - known->learned_at,
                                  core.turns.fetch_add(1)};
  return find(replication::route_read(known->what, need, caller), *known);
}

} // namespace

topology_client::topology_client(std::shared_ptr<detail::topology_core> core)
    : core_(std::move(core)) {}
topology_client::topology_client(topology_client&&) noexcept = default;
topology_client& topology_client::operator=(topology_client&&) noexcept = default;
topology_client::~topology_client() = default;

caf::expected<topology_client> topology_client::open(caf::actor_system& system,
                                                     topology_client_config config) {
  if (auto err = check_actor_system(system))
    return err;
  if (config.seeds.empty())
    return make_error(errc::invalid_argument, "a topology client needs the address of a node");
  if (config.refresh_every.count() <= 0)
    return make_error(errc::invalid_argument, "refresh_every must be more than 0");
  auto core = std::make_shared<detail::topology_core>();
  core->system = &system;
  core->region = std::move(config.region);
  net::topology_link_setup setup;
  setup.seeds = std::move(config.seeds);
  setup.refresh_every = config.refresh_every;
  setup.into = core->cell;
  core->link = net::spawn_topology_link(system, std::move(setup));
  return topology_client{std::move(core)};
}

std::optional<topology> topology_client::current() const {
  auto known = core_->cell->load();
  return known ? std::optional{known->what} : std::nullopt;
}

caf::expected<topology> topology_client::wait_newer(const topology_epoch& than,
                                                    std::chrono::milliseconds within) const {
  caf::scoped_actor self{*core_->system};
  caf::expected<topology> result{topology{}};
  self->request(core_->link, within + answer_slack, net::await_topology{than, within})
      .receive([&](topology& told) { result = std::move(told); },
               [&](caf::error& why) { result = std::move(why); });
  return result;
}

caf::expected<routed_node> topology_client::for_write() const {
  auto known = core_->cell->load();
  if (!known)
    return nothing_known();
  return find(replication::route_write(known->what), *known);
}

caf::expected<routed_node> topology_client::for_read(timeline_id timeline, lsn through) const {
  return find_reader(*core_, replication::applied_through{timeline, through});
}

caf::expected<routed_node>
topology_client::for_read(std::chrono::milliseconds staleness_max) const {
  return find_reader(*core_, replication::fresh_within{staleness_max});
}

} // namespace sluice
