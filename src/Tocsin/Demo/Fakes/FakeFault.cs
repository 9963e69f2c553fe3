namespace Tocsin.Demo.Fakes;

/// <summary>How a fake HTTP server misbehaves for one request instead of doing its work.</summary>
internal abstract record FakeFault
{
    /// <summary>Answers at once, without looking at the request.</summary>
    /// <param name="RetryAfter">The header as it is written, seconds or a date; null: none.</param>
    internal sealed record Answer(int Status, string? RetryAfter = null, string Body = "", string? Location = null) : FakeFault;

    /// <summary>Does its work, late.</summary>
    internal sealed record Slow(TimeSpan Delay) : FakeFault;

    /// <summary>Takes nothing and never answers.</summary>
    internal sealed record Hang : FakeFault;

    /// <summary>Takes the delivery, records it, and never answers: the sender can't know.</summary>
    internal sealed record AcceptThenHang : FakeFault;

    /// <summary>Takes the delivery, answers 200 and half a body, and closes the connection.</summary>
    internal sealed record AcceptThenBreakOff : FakeFault;

    /// <summary>Answers something that is not HTTP.</summary>
    internal sealed record Garbage : FakeFault;

    /// <summary>Drops the connection without a word.</summary>
    internal sealed record Reset : FakeFault;

    /// <summary>Reads the word for a fault, as the command address of a fake takes it: a status, or hang, reset, garbage, lost, half, slow.</summary>
    public static FakeFault? Parse(string word, string? retryAfter) => word switch
    {
        "hang" => new Hang(),
        "lost" => new AcceptThenHang(),
        "half" => new AcceptThenBreakOff(),
        "garbage" => new Garbage(),
        "reset" => new Reset(),
        "slow" => new Slow(TimeSpan.FromSeconds(5)),
        _ => int.TryParse(word, out var status) && status is >= 200 and <= 599 ? new Answer(status, retryAfter) : null,
    };
}
