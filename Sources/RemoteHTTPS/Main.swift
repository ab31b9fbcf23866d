@main
enum Main {
    static func main() {
        Tunnel.run(CommandLine.arguments)
    }
}
