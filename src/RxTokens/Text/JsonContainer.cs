namespace RxTokens;

/// <summary>An array or object that is open; of an object the names of its members, and where they begin in the text.</summary>
internal sealed class JsonContainer(bool isObject)
{
    private readonly Dictionary<string, int>? _members = isObject ? [] : null;
    private readonly List<int>? _starts = isObject ? [] : null;
    private string _name = "";
    private int _start;

    public bool IsObject => isObject;

    public char End => isObject ? '}' : ']';

    /// <summary>A member will follow.</summary>
    public void Name(string name, int start) => (_name, _start) = (name, start);

    /// <summary>It has followed: which part of the text is the member whose name it has, with the comma behind it.</summary>
    public (int From, int To)? Replaced()
    {
        var (members, starts) = (_members!, _starts!);
        starts.Add(_start);
        (int, int)? replaced = members.TryGetValue(_name, out var earlier) ? (starts[earlier], starts[earlier + 1]) : null;
        members[_name] = starts.Count - 1;
        return replaced;
    }
}
