global using Microsoft.VisualStudio.TestTools.UnitTesting;
global using TestAttribute = Microsoft.VisualStudio.TestTools.UnitTesting.TestMethodAttribute;

[assembly: Parallelize(Workers = 8, Scope = ExecutionScope.MethodLevel)]

namespace Frameworks;

[TestClass]
public class Parallel1 : ParallelMarbles;

[TestClass]
public class Parallel2 : ParallelMarbles;

[TestClass]
public class Parallel3 : ParallelMarbles;

[TestClass]
public class Parallel4 : ParallelMarbles;

[TestClass]
public class Parallel5 : ParallelMarbles;

[TestClass]
public partial class AsyncVoidMarbles;

[TestClass]
public partial class Reports;
