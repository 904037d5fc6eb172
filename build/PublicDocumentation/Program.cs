using System.Reflection;
using System.Runtime.Loader;
using System.Xml.Linq;
using PublicDocumentation;

// The compiler writes the documentation of all members into the XML file, those of internal types too, which a package's users
// cannot see. This leaves the visible ones. Arguments: the assembly, its XML file, and the assemblies that it refers to.
var (assemblyFile, documentationFile, references) = (args[0], args[1], args[2..]);

AssemblyLoadContext.Default.Resolving += (context, name) =>
    references.FirstOrDefault(file => Path.GetFileNameWithoutExtension(file) == name.Name) is { } file ? context.LoadFromAssemblyPath(file) : null;
var visible = VisibleMembers.Of(AssemblyLoadContext.Default.LoadFromAssemblyPath(assemblyFile)).Select(DocumentationId.Of).ToHashSet();

var documentation = XDocument.Load(documentationFile, LoadOptions.PreserveWhitespace);
foreach (var member in documentation.Descendants("member").Where(member => !visible.Contains(member.Attribute("name")!.Value)).ToList())
{
    (member.PreviousNode as XText)?.Remove(); // its line
    member.Remove();
}

documentation.Save(documentationFile);
