global using TestAttribute = Xunit.FactAttribute;

[assembly: Xunit.CollectionBehavior(MaxParallelThreads = 8)]

namespace Frameworks;

public class Parallel1 : ParallelMarbles;

public class Parallel2 : ParallelMarbles;

public class Parallel3 : ParallelMarbles;

public class Parallel4 : ParallelMarbles;

public class Parallel5 : ParallelMarbles;
