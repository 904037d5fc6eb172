namespace Frameworks;

[InheritsTests]
public class Parallel1 : ParallelMarbles;

[InheritsTests]
public class Parallel2 : ParallelMarbles;

[InheritsTests]
public class Parallel3 : ParallelMarbles;

[InheritsTests]
public class Parallel4 : ParallelMarbles;

[InheritsTests]
public class Parallel5 : ParallelMarbles;
