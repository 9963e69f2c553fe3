using System.Net;
using System.Net.Sockets;

namespace Tocsin.Tests.Outgoing;

/// <summary>A port of loopback on which nobody listens, and nobody can while this is held: whoever connects is refused.</summary>
internal sealed class ClosedPort : IDisposable
{
    private readonly Socket _held = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ClosedPort() => _held.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public int Number => ((IPEndPoint)_held.LocalEndPoint!).Port;

    public void Dispose() => _held.Dispose();
}
