#include "actors/voter_news.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace sluice::actors {

std::optional<replication::voter> vote_of(const replication::registry& from,
                                          const std::string& id) {
  const auto* known = from.find(id);
  return known == nullptr ? std::nullopt : std::optional{replication::voter_of(*known)};
}

void voter_news::init(self_pointer self, voter_news_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
}

void voter_news::announce(const replication::registry& from, const std::string& id) {
  if (auto voter = vote_of(from, id))
    self_->send(setup_.coordinator, messages::voter_changed{*voter});
  tell_writer(from);
}

void voter_news::remove(const replication::registry& from, const std::string& id) {
  self_->send(setup_.coordinator, messages::voter_removed{id});
  tell_writer(from);
}

void voter_news::tell_writer(const replication::registry& from) {
  told_at_ = now_of(self_);
  self_->send(setup_.writer, messages::voters_seen{from.voters(), from.followers()});
}

void voter_news::note_ack(const replication::registry& from, const std::string& id,
                          const std::optional<replication::voter>& before) {
  auto after = vote_of(from, id);
  if (!before || !after || before->valid != after->valid)
    announce(from, id);
  else if (after->durable > before->durable)
    self_->send(setup_.coordinator, messages::vote{id, after->durable});
  if (setup_.progress_every.count() > 0)
    progress_timer_.arm(self_, replication::later(told_at_, setup_.progress_every));
}

bool voter_news::fire_timer(const messages::timer_fired& fired, const replication::registry& from) {
  if (!progress_timer_.is_of_kind(fired))
    return false;
  if (progress_timer_.takes(fired))
    tell_writer(from);
  return true;
}

} // namespace sluice::actors
