//! Each rule of facts/moodle-ws.md §13 as a claim about the simulated Moodle, with its paragraph.
//!
//! Not here: the client. Calls are forms as they go over the wire; most need no socket (`lab.rs`).

#[cfg(test)]
mod cache;
#[cfg(test)]
mod enrolled_users;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod groupings;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod lab;
#[cfg(test)]
mod large;
#[cfg(test)]
mod members;
#[cfg(test)]
mod names;
#[cfg(test)]
mod neighbours;
#[cfg(test)]
mod random;
#[cfg(test)]
mod releases;
#[cfg(test)]
mod server;
#[cfg(test)]
mod set_up;
#[cfg(test)]
mod side_events;
#[cfg(test)]
mod truncation;
