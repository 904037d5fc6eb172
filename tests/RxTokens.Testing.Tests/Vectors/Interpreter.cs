using System.Reactive.Linq;
using System.Text.Json;

namespace RxTokens.Tests;

/// <summary>Makes a marble test of a vector.</summary>
internal sealed class Interpreter
{
    private readonly MarbleTest _m;
    private readonly Vector _vector;
    private readonly Functions _functions;
    private readonly Dictionary<string, PushProbe<object?>> _sources = [];

    public Interpreter(MarbleTest m, Vector vector)
    {
        _m = m;
        _vector = vector;
        _functions = new Functions(m, Detaching);
        foreach (var (name, source) in vector.Sources)
            _sources.Add(name, Declare(name, source));
    }

    /// <summary>The operators, on their sources.</summary>
    public IObservable<object?> Build()
    {
        var stream = Source();
        foreach (var step in _vector.Steps)
        {
            var arguments = new Arguments(step.Static ? null : stream, step.Args, _functions, _m.Clock);
            stream = _vector.RxNet.Status == "none" ? Operators.ApplyOurs(_vector, step.Op, arguments) : Operators.Apply(_vector, step.Op, arguments);
        }

        return stream!;
    }

    /// <summary>Declares what is expected of them, and of their sources.</summary>
    public void Expect()
    {
        var expected = Expectation.Of(_vector, _functions);
        _m.Expect(Build(), _vector.Subscription, _vector.RxNet.Api).ToBe(expected.Diagram, expected.Values, expected.Error);
        foreach (var (name, rows) in expected.Subscriptions)
            _m.ExpectSubscriptions(_sources[name], name).ToBe(rows);
    }

    private PushProbe<object?> Declare(string name, VectorSource source)
    {
        var values = Expectation.Map(source.Values, _functions.Value);
        var error = Functions.Error(source.Error);
        return source.Kind == "hot" ? _m.Hot(source.Marbles, values, error, name) : _m.Cold(source.Marbles, values, error, name);
    }

    private IObservable<object?>? Source() => _vector.Source.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        JsonValueKind.String => Detaching(_vector.Source.GetString()!),
        _ => _functions.Stream(_vector.Source),
    };

    /// <summary>
    /// A source that is left at its ending, as RxJS's are and those that Rx itself makes; a bare probe is left when its operator disposes,
    /// which SequenceEqual does only at its own end. By its name: it may be among the values of one that is declared before it.
    /// </summary>
    private IObservable<object?> Detaching(string name) => Observable.Create<object?>(observer => _sources[name].Subscribe(observer));
}
