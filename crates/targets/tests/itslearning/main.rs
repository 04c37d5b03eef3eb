//! The client of itslearning against the simulated one.
//!
//! Not here: the rules of the simulator, which has tests of its own.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod examine;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod lab;
#[cfg(test)]
#[path = "../it/self_signed.rs"]
mod self_signed;
