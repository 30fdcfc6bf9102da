#include "world/allocation_hook.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<bool> armed = false;
std::atomic<std::uint64_t> counted = 0, fails_at = 0;
thread_local bool uncounted = false;

// What operator new must do when there is no memory: the handler first, and an exception if there is none.
[[noreturn]] void no_memory() {
  armed = false;
  if (const auto handler = std::get_new_handler()) handler();
  throw std::bad_alloc();
}

void* allocate(std::size_t size, std::size_t alignment) {
  if (armed.load(std::memory_order_relaxed) && !uncounted && ++counted == fails_at) no_memory();
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* memory = alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__ ? std::aligned_alloc(alignment, rounded) : std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) no_memory();
  return memory;
}

}  // namespace

// [new.delete]: a program may replace these; the arrays and the nothrow ones come to them by default.
void* operator new(std::size_t size) { return allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__); }
void* operator new(std::size_t size, std::align_val_t alignment) { return allocate(size, static_cast<std::size_t>(alignment)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace posthorn::sim {

void arm_allocation(std::uint64_t n) {
  counted = 0;
  fails_at = n;
  armed = true;
}
std::uint64_t disarm_allocation() {
  armed = false;
  return counted;
}
Uncounted::Uncounted() : before_(uncounted) { uncounted = true; }
Uncounted::~Uncounted() { uncounted = before_; }

}  // namespace posthorn::sim
