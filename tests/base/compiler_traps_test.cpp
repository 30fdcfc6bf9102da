// What GCC 12.2 gets wrong in coroutines: it destroys some temporaries of a full expression with co_await twice (base/task.h). The
// forms that we allow are held here, each with the number of objects made and destroyed; tools/check_coroutines refuses the others.
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/result.h"
#include "base/task.h"

namespace posthorn {
namespace {

int made = 0, destroyed = 0;

struct Counted {
  Counted() { ++made; }
  explicit Counted(std::string words) : text(std::move(words)) { ++made; }
  Counted(const Counted& other) : text(other.text) { ++made; }
  Counted(Counted&& other) noexcept : text(std::move(other.text)) { ++made; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) = default;
  ~Counted() { ++destroyed; }
  std::string text = "something too long for the small buffer of a string";
};

struct Options {
  Counted first, second;
};

Task<Counted> echo(Counted value) { co_return value; }
Task<Counted> by_reference(const Counted& value) { co_return value; }
Task<Result<Counted>> fallible(Options options, bool fails) {
  if (fails) co_return fail(Errc::invalid, "as asked");
  co_return std::move(options.second);
}
Task<std::size_t> call(std::function<std::size_t()> f) { co_return f(); }

Task<void> moves_a_named_value() {
  Counted value;
  Counted back = co_await echo(std::move(value));
  EXPECT_FALSE(back.text.empty());
}
Task<void> passes_a_constructed_temporary() {
  Counted back = co_await echo(Counted("made in the expression, and long enough to be on the heap"));
  EXPECT_FALSE(back.text.empty());
}
Task<void> refers_to_a_local() {
  const Counted value;
  EXPECT_EQ((co_await by_reference(value)).text, value.text);
}
Task<void> names_its_braces() {
  Options options{};
  auto back = co_await fallible(std::move(options), false);
  EXPECT_TRUE(back.has_value());
}
Task<void> takes_an_error() {
  Options options{};
  auto back = co_await fallible(std::move(options), true);
  EXPECT_FALSE(back.has_value());
}
Task<void> names_its_lambda() {
  Counted held;
  std::function<std::size_t()> f = [held] { return held.text.size(); };
  EXPECT_EQ(co_await call(std::move(f)), held.text.size());
}
Task<void> chooses_by_if(bool first) {
  Counted value("the first of the two possible values, on the heap");
  if (!first) value = co_await echo(std::move(value));
  EXPECT_FALSE(value.text.empty());
}

struct Trap {
  const char* name;
  Task<void> (*run)();
};

const Trap allowed[] = {
    {"a named value moved in", moves_a_named_value},
    {"a temporary made by its constructor", passes_a_constructed_temporary},
    {"a reference to a local", refers_to_a_local},
    {"an aggregate, named first", names_its_braces},
    {"an error that comes back", takes_an_error},
    {"a capturing lambda, named first", names_its_lambda},
    {"if instead of ?:, taken", +[] { return chooses_by_if(true); }},
    {"if instead of ?:, not taken", +[] { return chooses_by_if(false); }},
};

TEST(CompilerTraps, TheFormsThatWeAllowDestroyEachObjectOnce) {
  for (const auto& form : allowed) {
    SCOPED_TRACE(form.name);
    made = destroyed = 0;
    boost::asio::io_context context;
    bool ended = false;
    boost::asio::co_spawn(context, form.run(), [&ended](std::exception_ptr error) { ended = !error; });
    context.run();
    EXPECT_TRUE(ended);
    EXPECT_GT(made, 0);
    EXPECT_EQ(made, destroyed);
  }
}

}  // namespace
}  // namespace posthorn
