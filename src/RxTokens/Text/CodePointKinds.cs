namespace RxTokens;

/// <summary>What code points are, asked once for each: a page of them the first time that one of the page is looked at.</summary>
/// <remarks>
/// <code>
/// field     written by                            read by     ordered by
/// _pages    who looks at a page first; twice at   everyone    volatile: a page is whole when it is there
///           worst, with the same
/// </code>
/// </remarks>
internal sealed class CodePointKinds(Func<int, byte> find)
{
    private const int PageBits = 7;
    private const int PageSize = 1 << PageBits;

    private readonly byte[]?[] _pages = new byte[0x110000 >> PageBits][];

    public byte this[int codePoint]
    {
        get
        {
            var page = Volatile.Read(ref _pages[codePoint >> PageBits]) ?? Fill(codePoint >> PageBits);
            return page[codePoint & (PageSize - 1)];
        }
    }

    private byte[] Fill(int number)
    {
        var page = new byte[PageSize];
        for (var i = 0; i < PageSize; i++)
            page[i] = find((number << PageBits) + i);
        Volatile.Write(ref _pages[number], page);
        return page;
    }
}
