// As precompiled.h, with GoogleTest.
#include "precompiled.h"

#include <gtest/gtest.h>
