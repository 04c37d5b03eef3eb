//! A disk of a few mebibytes: it can be filled, and made so that it can only be read.
//!
//! A test that mounts one is started once more, in a process that sees mounts of its own: nobody else meets them, and they
//! go with it. Root may do that, and others where the system lets them have a namespace.
//!
//! Not here: what lies on the disk.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// Tells the second process that it is one, and whether it is root everywhere or only for its own mounts.
const INSIDE: &str = "MUSTER_TEST_INSIDE";

/// Whether this process may mount. Where it may not, the test of this name is started where it may, and has to succeed;
/// a machine that forbids it is named as a reason.
pub(crate) fn may_mount(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let is_root = Path::new("/proc/self").metadata().unwrap().uid() == 0;
    let namespace = || {
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--propagation=private"]);
        if !is_root {
            unshare.arg("--map-root-user");
        }
        unshare
    };
    let folder = TempDir::new().unwrap();
    let tried = namespace()
        .args(["mount", "-t", "tmpfs", "muster"])
        .arg(folder.path())
        .stderr(Stdio::null())
        .status();
    if !tried.is_ok_and(|tried| tried.success()) {
        println!("left out: this machine does not let this account mount a disk");
        return false;
    }
    let mut again = namespace();
    again.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    let ended = again.env(INSIDE, if is_root { "root" } else { "mapped" }).status().unwrap();
    assert!(ended.success(), "{test} failed");
    false
}

/// Whether this process is root for nothing but its mounts: then no other account can be had.
pub(crate) fn is_mapped() -> bool {
    std::env::var(INSIDE).is_ok_and(|inside| inside == "mapped")
}

/// The disk.
pub(crate) struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Mounts one of so many mebibytes, which everybody may write.
    pub(crate) fn mount(mebibytes: u32) -> SmallDisk {
        let disk = SmallDisk { folder: TempDir::new().unwrap() };
        let size = format!("size={mebibytes}m,mode=0777");
        disk.told(Command::new("mount").args(["-t", "tmpfs", "-o", &size, "muster"]));
        // Accounts of servers have to come through.
        std::fs::set_permissions(disk.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        disk
    }

    /// Where it is.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Leaves no byte free.
    pub(crate) fn fill(&self) {
        let mut ballast = File::create(self.path().join("ballast")).unwrap();
        let full = loop {
            if let Err(error) = ballast.write_all(&[7; 512]) {
                break error;
            }
        };
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    }

    /// Makes room again.
    pub(crate) fn make_room(&self) {
        std::fs::remove_file(self.path().join("ballast")).unwrap();
    }

    /// From now on it can only be read.
    pub(crate) fn only_read(&self) {
        self.told(Command::new("mount").args(["-o", "remount,ro", "muster"]));
    }

    /// From now on it can be written again.
    pub(crate) fn write_again(&self) {
        self.told(Command::new("mount").args(["-o", "remount,rw", "muster"]));
    }

    fn told(&self, mount: &mut Command) {
        mount.arg(self.folder.path());
        // A connection of the test may still be on its way out.
        let tried = (0..100).map(|_| {
            std::thread::sleep(Duration::from_millis(20));
            mount.output().unwrap()
        });
        let done = tried.take_while(|done| !done.status.success()).count();
        assert!(done < 100, "the disk cannot be mounted otherwise");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What is still open goes with this process, and the disk with it.
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}
