#include "net/promoter.hpp"

#include "net/middleman_connect.hpp"
#include "net/promotion_report.hpp"
#include "replication/promote_rule.hpp"

#include "config/endpoint.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>

namespace sluice::net {

namespace {

constexpr auto local_answer_within = std::chrono::seconds{10};
/// The operator is told before the gate that took the request ends.
constexpr auto answer_first = std::chrono::milliseconds{50};
/// While writers wait, less: the answer is on its way by then.
constexpr auto answer_first_paused = std::chrono::milliseconds{2};
/// The primary has deadlines of its own for what it does before it answers.
constexpr auto prepare_within = std::chrono::seconds{5};

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
    from_ = request.command == messages::control_command::take_over ? request.subject : "";
    auto required = from_.empty() ? parse_lsn(request.subject) : lsn{};
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

  /// The primary is there and hands over.
  bool is_handover() const { return !from_.empty(); }

  void end(errc code, std::string text) {
    auto who = std::exchange(operator_, std::nullopt);
    ++round_;
    for (auto& [id, each] : asked_)
      each.through = {};
    if (who)
      who->deliver(messages::control_reply{true, code, std::move(text)});
  }

  // -- asking everybody ------------------------------------------------------------------

  void survey(const messages::candidacy& x) {
    own_ = x;
    if (!x.obstacle.empty() && !is_plan_)
      return end(errc::behind_watermark,
                 x.node + " cannot be promoted: " + x.obstacle + "; nothing was changed");
    // A list that cannot be read must not turn into the rule for clusters without members.
    auto declared = replication::members::make(x.members);
    if (!declared)
      return end(code_of(declared.error()),
                 "the members of this node's directory are none: " + context_of(declared.error()));
    declared_ = std::move(*declared);
    for (const auto& node : x.nodes)
      asked_[node.id].node = node;
    if (is_handover() && !asked_.contains(from_))
      return end(errc::not_primary, x.node + " does not know where " + from_
                                        + " is: it is a replica of another primary, or that one "
                                          "advertises no address; nothing was changed");
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
      if (now == stage::survey || (each.reply && id != from_))
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
    if (is_won_already())
      end_round();
  }

  void reach(std::uint64_t round, const std::string& id, const std::string& address) {
    auto endpoint = config::parse_endpoint(address);
    if (!endpoint)
      return answered(round, id, std::nullopt, "its address '" + address + "' is none");
    connect_to(
        self_, asked_[id].through, {endpoint->host, endpoint->port},
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
              [self = self_, round, id, gate](const caf::error& why) {
                if (why != caf::sec::request_timeout)
                  forget_remote(gate);
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
    if (--unanswered_ == 0 || is_won_already())
      end_round();
  }

  /// While writers wait nobody is waited for whose grant is not needed.
  bool is_won_already() const {
    return is_handover() && stage_ == stage::grants
           && std::holds_alternative<replication::promotion_won>(judge(term_, reports()));
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
      return end(errc::ok, plan_text(own_, declared_, endpoint_, asked_));
    auto wanted = replication::next_term(
        own_.term, own_.granted_term, seen,
        replication::terms_to_skip(declared_, is_forced_, setup_->context.random->next()));
    for (auto& each : seen) {
      // It would not: its log is being changed, or it is new.
      each.is_granted = asked_[each.id].reply->code != errc::overloaded;
      each.is_fenced = false;
      // A primary that goes on writing is ahead of everybody: it is asked again once it stands.
      if (is_handover())
        each.end = own_.end;
    }
    auto verdict = judge(wanted, seen);
    if (!std::holds_alternative<replication::promotion_won>(verdict))
      return refuse(verdict, "nothing was changed");
    if (is_handover())
      prepare(wanted);
    else
      stand(wanted);
  }

  replication::promotion_verdict judge(sluice::term wanted,
                                       const std::vector<replication::grant_report>& seen) const {
    return replication::judge_promotion(declared_,
                                        {own_.node, wanted, own_.end, required_, is_forced_}, seen);
  }

  // -- being handed the log --------------------------------------------------------------

  void prepare(sluice::term wanted) {
    const auto& primary = asked_[from_];
    if (!primary.reply)
      return end(errc::unreachable, from_ + ": " + primary.trouble + "; nothing was changed");
    messages::control_request request{true, messages::control_command::prepare_handover, own_.node};
    paused_at_ = actors::now_of(self_);
    self_->request(primary.gate, prepare_within, std::move(request))
        .then([self = self_,
               wanted](const messages::control_reply& x) { self->state.prepared(wanted, x); },
              [self = self_](const caf::error& why) {
                self->state.end(errc::unreachable, self->state.from_ + " does not hand over: "
                                                       + describe(why) + "; nothing was changed");
              });
  }

  void prepared(sluice::term wanted, const messages::control_reply& x) {
    if (!operator_)
      return;
    if (x.code != errc::ok)
      return end(x.code, from_ + ": " + x.text + "; nothing was changed");
    auto through = parse_lsn(x.text);
    if (!through)
      return end(errc::malformed, from_ + " does not say where it stands; nothing was changed");
    required_ = *through;
    self_->request(setup_->receiver, local_answer_within, messages::get_candidacy{})
        .then([self = self_,
               wanted](const messages::candidacy& now) { self->state.ask_primary(wanted, now); },
              [self = self_](const caf::error& why) {
                self->state.end(errc::unreachable, "the receiver does not answer: " + describe(why)
                                                       + "; nothing was changed");
              });
  }

  /// The primary stops for good before this node promises anything: as long as it has not, all
  /// is as it was.
  void ask_primary(sluice::term wanted, const messages::candidacy& now) {
    if (!operator_)
      return;
    if (now.term != own_.term || now.granted_term != own_.granted_term)
      return end(errc::fenced, "a higher term came meanwhile; nothing was changed");
    own_.end = now.end;
    messages::grant_request claim{true,   own_.cluster,       own_.node,        endpoint_,
                                  wanted, own_.end.last_term, own_.end.flushed, false};
    self_->request(asked_[from_].gate, setup_->answer_within, std::move(claim))
        .then(
            [self = self_, wanted](const messages::grant_reply& x) {
              auto& state = self->state;
              if (x.code != errc::ok)
                return state.end(x.code, state.from_ + ": " + x.reason + "; nothing was changed");
              state.asked_[state.from_].reply = x;
              state.stand(wanted);
            },
            [self = self_, wanted](const caf::error& why) {
              auto& state = self->state;
              state.end(errc::unreachable, state.from_ + " did not say whether it granted term "
                                               + to_string(wanted) + " (" + describe(why)
                                               + "): it goes on, or has stopped and is to be "
                                                 "promoted again");
            });
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
          setup_->context.roles, is_handover() ? answer_first_paused : answer_first,
          messages::role_changed{true, term_, endpoint_, "promoted by an operator"});
    auto text = "promoted node=" + own_.node + " term=" + to_string(term_)
                + " fork_lsn=" + to_string(taken.fork);
    // Who was not waited for follows by itself.
    text += is_handover() ? handed_over_text(from_, paused_at_, actors::now_of(self_))
                          : said_of(won, asked_);
    end(errc::ok, text);
  }

  void refuse(const replication::promotion_verdict& verdict, const std::string& after) {
    auto [code, text] = refusal_of(verdict, own_.node);
    end(code, text + "; " + after);
  }

  self_pointer self_ = nullptr;
  std::optional<promoter_setup> setup_;
  std::string endpoint_;
  /// The primary that hands over; empty for an ordinary promotion.
  std::string from_;
  replication::monotonic_ns paused_at_;
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
