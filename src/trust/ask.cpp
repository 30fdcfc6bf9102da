// trust/ask.cpp - one round of questions: all at once; the last answer, or the deadline, ends it. An answer that comes later finds
// the round over and is dropped.
#include "trust/ask.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <vector>

namespace posthorn::trust {
namespace {

namespace asio = boost::asio;

struct Round {
  std::vector<Question> questions;
  std::vector<dns::Answer> answers;  // a failure until the answer comes
  std::size_t waiting = 0;
  std::function<void()> over;        // empty once it was called

  void end() {
    if (!over) return;
    auto call = std::move(over);
    over = nullptr;
    call();
  }
};

Task<void> ask_one(dns::Resolver& resolver, std::shared_ptr<Round> round, std::size_t at) {
  auto name = round->questions[at].name;
  const auto type = round->questions[at].type;
  auto answer = co_await resolver.resolve(std::move(name), type);
  if (!round->over) co_return;
  round->answers[at] = std::move(answer);
  if (--round->waiting == 0) round->end();
}

}  // namespace

Task<void> ask(dns::Resolver& resolver, Answers& answers, Clock& clock, Duration deadline) {
  auto round = std::make_shared<Round>();
  for (auto& question : answers.take_missing()) {
    if (auto there = resolver.known(question.name, question.type)) answers.put(std::move(question), std::move(*there));
    else round->questions.push_back(std::move(question));
  }
  if (round->questions.empty()) co_return;
  dns::Answer late;
  late.why = "the DNS did not answer in time";
  round->answers.assign(round->questions.size(), late);
  round->waiting = round->questions.size();
  // The session's executor is one thread: what is posted there runs when the wait has begun.
  const auto executor = co_await asio::this_coro::executor;
  auto timer = clock.timer(executor);
  auto start = [&resolver, &timer, &executor, &round, deadline](auto handler) {
    auto held = std::make_shared<decltype(handler)>(std::move(handler));
    // Posted: co_spawn() runs up to the first wait at once, so a resolver that knows everything ends the round in the loop below.
    round->over = [held, executor] { asio::post(executor, [held] { std::move (*held)(); }); };
    timer->start(deadline, [round] { round->end(); });
    for (std::size_t i = 0; i < round->questions.size(); ++i) asio::co_spawn(executor, ask_one(resolver, round, i), asio::detached);
  };
  auto wait = asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, asio::use_awaitable);
  co_await std::move(wait);
  timer->cancel();
  for (std::size_t i = 0; i < round->questions.size(); ++i) answers.put(std::move(round->questions[i]), std::move(round->answers[i]));
}

}  // namespace posthorn::trust
