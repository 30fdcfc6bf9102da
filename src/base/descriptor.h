// base/descriptor.h - a file descriptor that is closed when it goes. Negative: there is none.
#pragma once

#include <unistd.h>

namespace posthorn {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  bool good() const { return number_ >= 0; }

 private:
  int number_;
};

}  // namespace posthorn
