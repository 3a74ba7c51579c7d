#include "net/promoter.hpp"

#include "net/middleman_connect.hpp"
#include "net/promotion_report.hpp"
#include "replication/promote_rule.hpp"

#include "config/endpoint.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <charconv>
#include <map>
#include <optional>

namespace sluice::net {

namespace {

constexpr auto local_answer_within = std::chrono::seconds{10};
/// The operator is told before the gate that took the request ends.
constexpr auto answer_first = std::chrono::milliseconds{50};

class promoter_state {
public:
  static constexpr const char* name = "sluice.promoter";
  using self_pointer = messages::promoter_actor::stateful_pointer<promoter_state>;
  using promise = caf::typed_response_promise<messages::control_reply>;

  ~promoter_state() {
    if (operator_)
      operator_->deliver(messages::control_reply{true, errc::closed, "the node is closing"});
  }

  void init(self_pointer self, promoter_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
  }

  void publish(const messages::node_published& x) { endpoint_ = x.endpoint; }

  caf::result<messages::control_reply> begin(const messages::control_request& request) {
    if (operator_)
      return messages::control_reply{true, errc::in_use, "a promotion of this node is under way"};
    auto required = parse_lsn(request.subject);
    if (!required)
      return messages::control_reply{true, errc::invalid_argument,
                                     "'" + request.subject + "' is no LSN"};
    operator_ = self_->make_response_promise<messages::control_reply>();
    required_ = *required;
    is_forced_ = request.command == messages::control_command::promote_forced;
    is_plan_ = request.command == messages::control_command::plan_promotion;
    asked_.clear();
    self_->request(setup_->receiver, local_answer_within, messages::get_candidacy{})
        .then([self = self_](const messages::candidacy& x) { self->state.survey(x); },
              [self = self_](const caf::error& why) {
                self->state.end(errc::unreachable,
                                "the receiver does not answer: " + describe(why));
              });
    return *operator_;
  }

  void fire_timer(const messages::timer_fired& fired) {
    if (operator_ && fired.generation == round_)
      end_round();
  }

private:
  enum class stage { survey, grants };

  static std::optional<lsn> parse_lsn(const std::string& text) {
    std::uint64_t value = 0;
    if (text.empty())
      return lsn{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{lsn{value}}
                                                                    : std::nullopt;
  }

  void end(errc code, std::string text) {
    auto who = std::exchange(operator_, std::nullopt);
    ++round_;
    if (who)
      who->deliver(messages::control_reply{true, code, std::move(text)});
  }

  // -- asking everybody ------------------------------------------------------------------

  void survey(const messages::candidacy& x) {
    own_ = x;
    if (!x.obstacle.empty() && !is_plan_)
      return end(errc::unsupported, x.node + " cannot be promoted: " + x.obstacle);
    // A list that cannot be read must not turn into the rule for clusters without members.
    auto declared = replication::members::make(x.members);
    if (!declared)
      return end(code_of(declared.error()),
                 "the members of this node's directory are none: " + context_of(declared.error()));
    declared_ = std::move(*declared);
    for (const auto& node : x.nodes)
      asked_[node.id].node = node;
    // No term is older than all: nothing is granted, everybody says what it holds.
    begin_round(stage::survey, sluice::term{});
  }

  void begin_round(stage now, sluice::term term) {
    stage_ = now;
    term_ = term;
    auto round = ++round_;
    // Who said nothing to the survey is not waited for again.
    std::vector<std::string> whom;
    for (const auto& [id, each] : asked_)
      if (now == stage::survey || each.reply)
        whom.push_back(id);
    unanswered_ = whom.size();
    self_->delayed_send(self_, setup_->answer_within, messages::timer_fired{round});
    if (unanswered_ == 0)
      return end_round();
    for (const auto& id : whom) {
      auto& each = asked_[id];
      each.reply.reset();
      each.trouble = "did not answer";
      if (each.gate)
        ask(round, id, each.gate);
      else
        reach(round, id, each.node.endpoint);
    }
  }

  void reach(std::uint64_t round, const std::string& id, const std::string& address) {
    auto endpoint = config::parse_endpoint(address);
    if (!endpoint)
      return answered(round, id, std::nullopt, "its address '" + address + "' is none");
    connect_to(
        self_, {endpoint->host, endpoint->port},
        [self = self_, round, id](const messages::node_gate_actor& gate) {
          auto& state = self->state;
          if (round != state.round_)
            return;
          state.asked_[id].gate = gate;
          state.ask(round, id, gate);
        },
        [self = self_, round, id](const std::string& reason) {
          self->state.answered(round, id, std::nullopt, reason);
        });
  }

  void ask(std::uint64_t round, const std::string& id, const messages::node_gate_actor& gate) {
    messages::grant_request request{
        true,  own_.cluster,       own_.node,        endpoint_,
        term_, own_.end.last_term, own_.end.flushed, is_forced_ && stage_ == stage::grants};
    self_->request(gate, setup_->answer_within, std::move(request))
        .then([self = self_, round,
               id](const messages::grant_reply& x) { self->state.answered(round, id, x, {}); },
              [self = self_, round, id](const caf::error& why) {
                self->state.answered(round, id, std::nullopt, describe(why));
              });
  }

  void answered(std::uint64_t round, const std::string& id,
                const std::optional<messages::grant_reply>& reply, const std::string& trouble) {
    if (round != round_ || !operator_)
      return;
    auto& each = asked_[id];
    each.reply = reply;
    each.trouble = trouble;
    if (reply && !reply->well_formed) {
      each.reply.reset();
      each.trouble = "its answer could not be understood";
    } else if (reply && reply->node != id) {
      each.reply.reset();
      each.trouble = "node " + reply->node + " is there now";
    }
    if (--unanswered_ == 0)
      end_round();
  }

  void end_round() {
    ++round_;
    if (stage_ == stage::survey)
      surveyed();
    else
      decide();
  }

  std::vector<replication::grant_report> reports() const {
    std::vector<replication::grant_report> result;
    for (const auto& [id, each] : asked_)
      if (each.reply)
        result.push_back({id,
                          each.reply->code == errc::ok,
                          each.reply->code == errc::fenced,
                          each.reply->term,
                          {each.reply->last_term, each.reply->flushed}});
    return result;
  }

  /// What is against it already is said before anybody is disturbed.
  void surveyed() {
    auto seen = reports();
    if (is_plan_)
      return end(errc::ok, plan_text(own_, endpoint_, asked_));
    auto wanted = replication::next_term(own_.term, own_.granted_term, seen);
    for (auto& each : seen) {
      each.is_granted = true;
      each.is_fenced = false;
    }
    auto verdict = judge(wanted, seen);
    if (!std::holds_alternative<replication::promotion_won>(verdict))
      return refuse(verdict, "nothing was changed");
    stand(wanted);
  }

  replication::promotion_verdict judge(sluice::term wanted,
                                       const std::vector<replication::grant_report>& seen) const {
    return replication::judge_promotion(declared_,
                                        {own_.node, wanted, own_.end, required_, is_forced_}, seen);
  }

  // -- standing --------------------------------------------------------------------------

  /// This node's own grant first: it follows nobody from here on, so that its end stands.
  void stand(sluice::term wanted) {
    messages::grant_request own{true,   own_.cluster,       own_.node,        endpoint_,
                                wanted, own_.end.last_term, own_.end.flushed, true};
    self_->request(setup_->receiver, local_answer_within, std::move(own))
        .then(
            [self = self_, wanted](const messages::grant_reply& x) {
              auto& state = self->state;
              if (x.code != errc::ok)
                return state.end(x.code, "this node does not grant itself the term: " + x.reason);
              state.own_.end = {x.last_term, x.flushed};
              state.begin_round(stage::grants, wanted);
            },
            [self = self_](const caf::error& why) {
              self->state.end(errc::unreachable, "the receiver does not answer: " + describe(why));
            });
  }

  void decide() {
    auto verdict = judge(term_, reports());
    const auto* won = std::get_if<replication::promotion_won>(&verdict);
    if (won == nullptr)
      return refuse(verdict, "term " + to_string(term_)
                                 + " was raised: the old primary may need to be promoted again");
    self_->request(setup_->receiver, local_answer_within, messages::take_office{term_})
        .then([self = self_,
               won = *won](const messages::office_taken& x) { self->state.finish(won, x); },
              [self = self_](const caf::error& why) {
                self->state.end(errc::unreachable,
                                "the receiver does not answer: " + describe(why));
              });
  }

  void finish(const replication::promotion_won& won, const messages::office_taken& taken) {
    if (taken.code != errc::ok)
      return end(taken.code, "the term cannot be taken: " + taken.reason);
    if (setup_->context.roles)
      self_->delayed_send(
          setup_->context.roles, answer_first,
          messages::role_changed{true, term_, endpoint_, "promoted by an operator"});
    end(errc::ok, "promoted node=" + own_.node + " term=" + to_string(term_)
                      + " fork_lsn=" + to_string(taken.fork) + said_of(won, asked_));
  }

  void refuse(const replication::promotion_verdict& verdict, const std::string& after) {
    auto [code, text] = refusal_of(verdict, own_.node);
    end(code, text + "; " + after);
  }

  self_pointer self_ = nullptr;
  std::optional<promoter_setup> setup_;
  std::string endpoint_;
  /// Set while a promotion is under way.
  std::optional<promise> operator_;
  lsn required_;
  bool is_forced_ = false;
  bool is_plan_ = false;
  messages::candidacy own_;
  replication::members declared_;
  stage stage_ = stage::survey;
  sluice::term term_;
  std::map<std::string, asked_node> asked_;
  std::uint64_t round_ = 0;
  std::size_t unanswered_ = 0;
};

messages::promoter_actor::behavior_type promoter(promoter_state::self_pointer self,
                                                 promoter_setup setup) {
  self->state.init(self, std::move(setup));
  return {
      [self](const messages::control_request& x) { return self->state.begin(x); },
      [self](const messages::timer_fired& x) { self->state.fire_timer(x); },
      [self](const messages::node_published& x) { self->state.publish(x); },
  };
}

} // namespace

messages::promoter_actor spawn_promoter(caf::actor_system& system, promoter_setup setup) {
  return system.spawn(promoter, std::move(setup));
}

} // namespace sluice::net
