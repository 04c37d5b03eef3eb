-- When people were told that a pause is about to end.

-- The time of the letter; nothing until there is one (feature B9).
ALTER TABLE pauses ADD COLUMN end_told_at {int};
