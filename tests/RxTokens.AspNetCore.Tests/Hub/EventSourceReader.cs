using System.Text;
using System.Text.Json;

namespace RxTokens.AspNetCore.Tests;

/// <summary>What a browser's <c>EventSource</c> makes of bytes, and what a page makes of its events; it may be fed by one connection after the other.</summary>
internal sealed class EventSourceReader
{
    private readonly List<byte> _line = [];
    private readonly StringBuilder _data = new();
    private readonly StringBuilder _text = new();
    private bool _hasData;
    private string _name = "";
    private string _id = "";

    /// <summary>What it would send when it comes back: the id of the last block that has come whole.</summary>
    public string LastEventId { get; private set; } = "";

    public string Text => _text.ToString();

    /// <summary>The name of the event that has said the end.</summary>
    public string? Ending { get; private set; }

    public int Losses { get; private set; }

    public List<string> AfterTheEnd { get; } = [];

    /// <summary>The connection is cut: what has not come whole is forgotten.</summary>
    public void Cut()
    {
        _line.Clear();
        _data.Clear();
        (_hasData, _name, _id) = (false, "", LastEventId);
    }

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            if (b != '\n')
            {
                _line.Add(b);
                continue;
            }

            OnLine(Encoding.UTF8.GetString([.. _line]));
            _line.Clear();
        }
    }

    private void OnLine(string line)
    {
        Assert.That(line, Does.Not.Contain('\r'));
        if (line.Length == 0)
        {
            Dispatch();
            return;
        }

        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var (field, value) = colon < 0 ? (line, "") : (line[..colon], line[(colon + 1)..]);
        value = value.StartsWith(' ') ? value[1..] : value;
        switch (field)
        {
            case "data":
                if (_hasData)
                    _data.Append('\n');
                _data.Append(value);
                _hasData = true;
                break;
            case "event":
                _name = value;
                break;
            case "id":
                _id = value;
                break;
        }
    }

    private void Dispatch()
    {
        LastEventId = _id;
        var (name, data, hasData) = (_name.Length > 0 ? _name : "message", _data.ToString(), _hasData);
        _data.Clear();
        (_hasData, _name) = (false, "");
        if (!hasData)
            return;

        if (Ending is not null)
            AfterTheEnd.Add(name);
        switch (name)
        {
            case "message":
                _text.Append(JsonSerializer.Deserialize<string>(data));
                break;
            case "lost":
                Losses++;
                _text.Clear();
                break;
            default:
                Ending = name;
                break;
        }
    }
}
