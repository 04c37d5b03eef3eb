-- Pauses of a school: its name is the subject of the scope 'school'.

-- What the school covered when its pause began, a line each: `module PATTERN` or `course NUMBER`; nothing for other
-- scopes. A copy, so that a change of the configuration never ends a pause (feature B9).
ALTER TABLE pauses ADD COLUMN covered {text};
