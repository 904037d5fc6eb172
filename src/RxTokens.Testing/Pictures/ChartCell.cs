using System.Globalization;

namespace RxTokens;

/// <summary>One mark of a picture, beside the instant at which it is.</summary>
/// <param name="Symbol">What it is.</param>
/// <param name="Text">What is written in it or, for a failure, beside it.</param>
/// <param name="X">Its middle, from that of the instant.</param>
/// <param name="Y">Its middle, from the line of its row.</param>
/// <param name="Width">How wide it is; without the text beside it.</param>
internal sealed record ChartMark(MarbleSymbol Symbol, string Text, int X, int Y, int Width)
{
    /// <summary>Whether it stands for items that there is no room for.</summary>
    public bool IsRest { get; init; }
}

/// <summary>What is in one row at one instant: items under one another in their order, and what goes before and after them on either side.</summary>
internal sealed class ChartCell
{
    public const int MarbleHeight = 28;
    public const int Padding = 4;

    private const int Space = 4;
    private const int TallestStack = 4;
    private const int MostItems = 24;
    private const int LongestItem = 24;
    private const int LongestFailure = 56;

    private readonly List<ChartMark> _marks = [];

    private ChartCell()
    {
    }

    public IReadOnlyList<ChartMark> Marks => _marks;

    /// <summary>How far it reaches to the left of the instant.</summary>
    public int Left { get; private set; }

    /// <summary>How far it reaches to the right, with the text of a failure.</summary>
    public int Right { get; private set; }

    /// <summary>The same without that text.</summary>
    public int RightOfMarks { get; private set; }

    public int Height { get; private set; }

    /// <summary>Whether several marks of a row of items are to be seen as one instant.</summary>
    public bool IsGroup { get; private init; }

    /// <param name="symbols">What is there, in order.</param>
    /// <param name="isItems">Whether the row is one of items, not of calls.</param>
    public static ChartCell Of(IReadOnlyList<MarbleSymbol> symbols, bool isItems)
    {
        var cell = new ChartCell { IsGroup = isItems && symbols.Count > 1 };
        var blocks = Blocks(symbols);

        // What matters is where its instant is; brackets and endings are put beside it.
        var middle = Math.Max(0, blocks.FindIndex(block => block[0].Symbol.Kind is MarbleKind.Value or MarbleKind.Request));
        cell.Add(blocks[middle], 0);
        for (var i = middle - 1; i >= 0; i--)
            cell.Add(blocks[i], -cell.Left - Space - (Width(blocks[i]) / 2));
        for (var i = middle + 1; i < blocks.Count; i++)
            cell.Add(blocks[i], cell.Right + Space + (Width(blocks[i]) / 2));

        if (cell.IsGroup)
        {
            cell.Left += Padding;
            cell.Right += Padding;
            cell.RightOfMarks += Padding;
            cell.Height += 2 * Padding;
        }

        return cell;
    }

    private void Add(List<ChartMark> block, int at)
    {
        foreach (var mark in block)
            _marks.Add(mark with { X = mark.X + at });

        var right = at + (Width(block) / 2);
        Left = Math.Max(Left, (Width(block) / 2) - at);
        RightOfMarks = Math.Max(RightOfMarks, right);
        Right = Math.Max(Right, block is [{ Symbol.Kind: MarbleKind.Error, Text.Length: > 0 } failure] ? right + SvgText.Width(failure.Text, SvgText.Small) + (2 * Space) : right);
        Height = Math.Max(Height, block.Max(mark => (2 * Math.Abs(mark.Y)) + MarbleHeight));
    }

    private static int Width(List<ChartMark> block) => block.Max(mark => mark.X + (mark.Width / 2)) - block.Min(mark => mark.X - (mark.Width / 2));

    /// <summary>Items that follow one another are one block, any other mark is one of its own.</summary>
    private static List<List<ChartMark>> Blocks(IReadOnlyList<MarbleSymbol> symbols)
    {
        var blocks = new List<List<ChartMark>>();
        for (var i = 0; i < symbols.Count; i++)
        {
            if (symbols[i].Kind != MarbleKind.Value)
            {
                blocks.Add([Mark(symbols[i])]);
                continue;
            }

            var items = symbols.Skip(i).TakeWhile(symbol => symbol.Kind == MarbleKind.Value).ToList();
            blocks.Add(Stack(items));
            i += items.Count - 1;
        }

        return blocks;
    }

    /// <summary>From top to bottom, and if they are many, from left to right.</summary>
    private static List<ChartMark> Stack(List<MarbleSymbol> items)
    {
        var shown = items.Count <= MostItems ? items.Count : MostItems - 1;
        var marks = items.Take(shown).Select(Mark).ToList();
        if (shown < items.Count)
            marks.Add(More(items.Count - shown, items[^1].Time));

        var columns = marks.Chunk(TallestStack).ToList();
        var widths = columns.Select(column => column.Max(mark => mark.Width)).ToList();
        var left = -(widths.Sum() + (Space * (widths.Count - 1))) / 2;
        var stack = new List<ChartMark>();
        for (var column = 0; column < columns.Count; column++)
        {
            var top = -(columns[column].Length - 1) * (MarbleHeight + Space) / 2;
            for (var i = 0; i < columns[column].Length; i++)
                stack.Add(columns[column][i] with { X = left + (widths[column] / 2), Y = top + (i * (MarbleHeight + Space)) });
            left += widths[column] + Space;
        }

        return stack;
    }

    private static ChartMark More(int count, TimeSpan time)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"+{count}");
        return new ChartMark(new MarbleSymbol(time, MarbleKind.Value, text, count, 0), text, 0, 0, MarbleWidth(text)) { IsRest = true };
    }

    private static ChartMark Mark(MarbleSymbol symbol)
    {
        var text = symbol.Kind switch
        {
            MarbleKind.Value => Item(symbol.Text),
            MarbleKind.Error when symbol.Text != "#" => TextWidth.Cut(Printable.Of(symbol.Text), LongestFailure),
            MarbleKind.Request => Count(symbol.Count),
            _ => "",
        };
        return new ChartMark(symbol, text, 0, 0, symbol.Kind switch
        {
            MarbleKind.Value => MarbleWidth(text),
            MarbleKind.Request => Even(Math.Max(22, SvgText.Width(text, SvgText.Small) + 10)),
            MarbleKind.Error or MarbleKind.Cancellation => 16,
            _ => 6,
        });
    }

    private static int MarbleWidth(string text) => TextWidth.Of(text) <= 2 ? MarbleHeight : Even(SvgText.Width(text, SvgText.Normal) + 16);

    private static int Even(int width) => width + (width % 2);

    private static string Item(string text)
    {
        var printable = TextWidth.Cut(Printable.Of(text), LongestItem);
        return string.IsNullOrWhiteSpace(printable) ? new string('␣', Math.Max(1, printable.Length)) : printable;
    }

    private static string Count(long count) => count == long.MaxValue ? "∞" : count.ToString(CultureInfo.InvariantCulture);
}
