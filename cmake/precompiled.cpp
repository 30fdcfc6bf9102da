// Holds the precompiled header (cmake/house.cmake).
