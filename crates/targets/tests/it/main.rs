//! Moodle as a target against the simulated Moodle.
//!
//! Not here: the rules of the simulator, which has tests of its own, and the planner.
//!
//! Each module is marked as a test, so that its helpers may unwrap as tests may.

#[cfg(test)]
mod apply;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod campus;
#[cfg(test)]
mod connect;
mod contacts;
#[cfg(test)]
mod directory;
#[cfg(test)]
mod examine;
mod failed_calls;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod observe;
#[cfg(test)]
mod redaction;
#[cfg(test)]
mod self_signed;
#[cfg(test)]
mod stop;
