using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace RxTokens.Tests;

/// <summary>A mark in a picture: what it says of itself, and the rectangle it takes.</summary>
internal sealed partial record DrawnMark(string Title, double Left, double Right, double Top, double Bottom)
{
    public double Middle => (Left + Right) / 2;

    public double MiddleOfHeight => (Top + Bottom) / 2;

    /// <summary>The time in the title, in milliseconds.</summary>
    public double Time => double.Parse(AtTime().Match(Title).Groups[1].Value, CultureInfo.InvariantCulture);

    public bool Overlaps(DrawnMark other) => Left < other.Right && other.Left < Right && Top < other.Bottom && other.Top < Bottom;

    public static DrawnMark Of(XElement mark)
    {
        var title = Picture.Elements(mark, "title").Single().Value;
        var boxes = mark.Elements().Select(Box).OfType<DrawnMark>().ToList();
        return new DrawnMark(title, boxes.Min(b => b.Left), boxes.Max(b => b.Right), boxes.Min(b => b.Top), boxes.Max(b => b.Bottom));
    }

    private static DrawnMark? Box(XElement shape)
    {
        double Number(string name) => double.Parse(shape.Attribute(name)!.Value, CultureInfo.InvariantCulture);

        return shape.Name.LocalName switch
        {
            "circle" => new DrawnMark("", Number("cx") - Number("r"), Number("cx") + Number("r"), Number("cy") - Number("r"), Number("cy") + Number("r")),
            "rect" => new DrawnMark("", Number("x"), Number("x") + Number("width"), Number("y"), Number("y") + Number("height")),
            "path" => Path(shape.Attribute("d")!.Value),
            _ => null,
        };
    }

    /// <summary>Of the commands that marks are drawn with.</summary>
    private static DrawnMark Path(string path)
    {
        var xs = new List<double>();
        var ys = new List<double>();
        double x = 0, y = 0;
        foreach (var command in Command().Matches(path).Select(m => m.Value))
        {
            var n = Numbers().Matches(command).Select(m => double.Parse(m.Value, CultureInfo.InvariantCulture)).ToArray();
            (x, y) = command[0] switch
            {
                'M' => (n[0], n[1]),
                'l' => (x + n[0], y + n[1]),
                'h' => (x + n[0], y),
                'v' => (x, y + n[0]),
                'H' => (n[0], y),
                'V' => (x, n[0]),
                'a' => (x + n[5], y + n[6]),
                _ => (x, y),
            };
            xs.Add(x);
            ys.Add(y);
        }

        return new DrawnMark("", xs.Min(), xs.Max(), ys.Min(), ys.Max());
    }

    [GeneratedRegex(@" at (-?[\d.]+) ms")]
    private static partial Regex AtTime();

    [GeneratedRegex("[A-Za-z][^A-Za-z]*")]
    private static partial Regex Command();

    [GeneratedRegex(@"-?\d+(\.\d+)?")]
    private static partial Regex Numbers();
}
