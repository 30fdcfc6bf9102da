// base/freed.h - for objects of C libraries: std::unique_ptr<BIO, Freed<BIO_free>> gives them back.
#pragma once

namespace posthorn {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

}  // namespace posthorn
