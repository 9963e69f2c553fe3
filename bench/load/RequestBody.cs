namespace Tocsin.Load;

/// <summary>Requests that are made once and sent again and again; only what tells one item from another is written anew.</summary>
public abstract class RequestBody
{
    /// <summary>Items of one request.</summary>
    public abstract int Items { get; }

    /// <summary>The request with the items from number <paramref name="first"/> on, which is a multiple of <see cref="Items"/>. Valid until the next call.</summary>
    public abstract ReadOnlySpan<byte> With(int first);
}
