/** The programs that tests start, whose output they read, print without colours even where `CI` or `FORCE_COLOR` is set. */
delete process.env.FORCE_COLOR;
process.env.NO_COLOR = "1";
