using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tocsin.Load;

/// <summary>One kept-alive HTTP/1.1 connection that blocks: two system calls a request, nothing else.</summary>
public sealed class Connection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _answer = new byte[64 * 1024];

    public Connection(Uri server) => _socket.Connect(new IPEndPoint(IPAddress.Loopback, server.Port));

    /// <summary>Requests whose answer was not read yet.</summary>
    public int Waiting { get; private set; }

    /// <exception cref="SocketException">The other side is gone.</exception>
    public void Send(ReadOnlySpan<byte> request)
    {
        while (request.Length > 0)
        {
            request = request[_socket.Send(request)..];
        }

        Waiting++;
    }

    /// <summary>Reads one answer to its end.</summary>
    /// <returns>Its status.</returns>
    /// <exception cref="SocketException">The other side is gone.</exception>
    /// <exception cref="IOException">The other side closed before the answer was complete.</exception>
    public int Receive()
    {
        var length = 0;
        while (true)
        {
            var got = _socket.Receive(_answer.AsSpan(length));
            if (got == 0)
            {
                throw new IOException("The server closed the connection.");
            }

            length += got;
            var answer = _answer.AsSpan(0, length);
            var head = answer.IndexOf("\r\n\r\n"u8);
            if (head >= 0 && Complete(answer[..head], answer[(head + 4)..]))
            {
                Waiting--;
                return int.Parse(answer[9..12], CultureInfo.InvariantCulture);
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private static bool Complete(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        if (Header(head, "Content-Length: "u8, out var value))
        {
            return body.Length >= int.Parse(value, CultureInfo.InvariantCulture);
        }

        return !Header(head, "Transfer-Encoding: chunked"u8, out _) || body.EndsWith("0\r\n\r\n"u8);
    }

    private static bool Header(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var at = head.IndexOf(name);
        value = at < 0 ? default : head[(at + name.Length)..];
        value = value.IndexOf((byte)'\r') is var end and >= 0 ? value[..end] : value;
        return at >= 0;
    }
}
